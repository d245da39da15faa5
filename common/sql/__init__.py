"""Cómo viaja una consulta declarada."""
