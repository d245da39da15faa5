@echo off
rem Instala lo que falte y ejecuta las pruebas; los argumentos son los de pytest.
call "%~dp0scripts\start.bat" test %*
exit /b %errorlevel%
