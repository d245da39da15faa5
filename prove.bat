@echo off
rem Instala lo que falte y pone a prueba el sistema; --help dice los ensayos.
call "%~dp0scripts\start.bat" prove %*
exit /b %errorlevel%
