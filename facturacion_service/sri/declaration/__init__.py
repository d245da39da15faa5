"""Lo que se declara al SRI cada mes."""
