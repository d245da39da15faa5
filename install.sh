#!/bin/sh
# Instala las dependencias en .venv.

here=${0%install.sh}
. "${here:-./}scripts/start.sh"
start install "$@"
