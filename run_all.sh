#!/bin/sh
# Instala lo que falte e inicia los cinco servicios y el trabajador del SRI.

here=${0%run_all.sh}
. "${here:-./}scripts/start.sh"
start run "$@"
