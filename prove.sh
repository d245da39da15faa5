#!/bin/sh
# Instala lo que falte y pone a prueba el sistema; --help dice los ensayos.

here=${0%prove.sh}
. "${here:-./}scripts/start.sh"
start prove "$@"
