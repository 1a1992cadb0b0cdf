#!/bin/bash
# nginx: reverse proxy in front of the application server.

nginx_settings() {
  : "${NGINX_UPSTREAM_ADDRESS:?address of the application server}"
  : "${NGINX_UPSTREAM_PORT:=5000}"
  : "${NGINX_LISTEN_PORT:=80}"
}
nginx_main() { nginx_settings; }
