"""Cuánto rinde cada petición frente a la misma a mano."""
