@echo off
rem Instala las dependencias en .venv.
call "%~dp0scripts\start.bat" install %*
exit /b %errorlevel%
