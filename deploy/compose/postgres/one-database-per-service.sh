#!/bin/bash
# Run by the postgres image when its volume is empty: a database and a login per service, closed to the others.
set -euo pipefail

for service in identity company marketplace contracting timesheet billing; do
  password_name="${service^^}_DB_PASSWORD"
  psql --set ON_ERROR_STOP=1 --set service="$service" --set password="${!password_name:?}" \
    --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service";
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
