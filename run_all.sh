#!/bin/sh
# Instala lo que falte e inicia los cinco servicios.

here=${0%run_all.sh}
. "${here:-./}scripts/start.sh"
start run "$@"
