"""The torch machinery: it knows neither the methods nor the tables."""
