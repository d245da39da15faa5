@echo off
rem Busca un Python y le pasa la orden: lo comparten install.bat, run_all.bat, run_tests.bat y prove.bat.
setlocal
chcp 65001 >nul
set "newest="
rem Se prueba cada uno: la tienda de Windows deja un "python" que solo abre la tienda.
for %%p in ("py -3.14" "py -3.13" "py -3.12" "py -3.11" "py -3" "python" "python3") do call :try %%~p
if defined newest goto :found
echo No se encontró Python 3: instale Python 3.11 o posterior desde https://www.python.org/downloads/ y repita. 1>&2
exit /b 1

:found
%newest% "%~dp0bootstrap.py" %*
exit /b %errorlevel%

:try
if defined newest exit /b 0
%* -c "import sys; sys.exit(sys.version_info[0] != 3)" >nul 2>&1
if not errorlevel 1 set "newest=%*"
exit /b 0
