"""Las medidas: cuánto tarda el sistema junto a lo mínimo posible, al crecer y con el tiempo."""
