@echo off
rem Instala lo que falte e inicia los cinco servicios y el trabajador del SRI.
call "%~dp0scripts\start.bat" run %*
exit /b %errorlevel%
