#!/bin/sh
# Instala lo que falte y ejecuta las pruebas; los argumentos son los de pytest.

here=${0%run_tests.sh}
. "${here:-./}scripts/start.sh"
start test "$@"
