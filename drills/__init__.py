"""Los ensayos: cada promesa del sistema, puesta a prueba contra el sistema en marcha (`./prove.sh`)."""
