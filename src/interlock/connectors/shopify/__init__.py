"""Reads Shopify: orders with their lines and deliveries, returns with their reasons, refunds."""

from .connector import ShopifyConnector

connector = ShopifyConnector()
