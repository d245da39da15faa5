# Busca un Python y le pasa la orden: lo incluyen install.sh, run_all.sh, run_tests.sh y prove.sh, que
# dejan su carpeta en $here. Sin programas externos, para poder hablar aunque PATH esté mal.

# Se prueba que funcione, y no solo que exista: hay gestores que dejan órdenes vacías, y sistemas que
# reparten Python sin venv.
serves() {
    "$1" -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))" 2>/dev/null
}

is_python_3() {
    "$1" -c "import sys; sys.exit(sys.version_info < (3, 0))" 2>/dev/null
}

# El primero que sirva, también entre los que pyenv instaló y nadie activó; si ninguno, el primer
# Python 3, que dirá él mismo qué le falta.
find_python() {
    python=
    for candidate in python3.14 python3.13 python3.12 python3.11 python3 python \
        "${PYENV_ROOT:-${HOME-}/.pyenv}"/versions/3.*/bin/python3; do
        if serves "$candidate"; then
            python=$candidate
            return
        fi
        if [ -z "$python" ] && is_python_3 "$candidate"; then
            python=$candidate
        fi
    done
}

start() {
    find_python
    if [ -z "$python" ]; then
        echo "No se encontró Python 3: instale Python 3.11 o posterior desde https://www.python.org/downloads/ y repita." >&2
        exit 1
    fi
    exec "$python" "${here:-./}scripts/bootstrap.py" "$@"
}
