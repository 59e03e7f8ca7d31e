#!/bin/sh
# Least privilege in PostgreSQL: `marquee_owner` owns the databases and changes their tables (`marquee migrate`); each subgraph
# has a role that reads and writes its own database only, makes no tables and sees no other database. May be run again.
#   PostgreSQL's image runs it once; elsewhere: PGHOST=… PGUSER=<superuser> POSTGRES_OWNER_PASSWORD=… sh 10-roles.sh
set -eu

# A role NAME that may log in with the password in the variable VARIABLE, and nothing else.
role() {
    cat <<SQL
\\set name $1
\\set password \`printenv $2\`
SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \\gexec
ALTER ROLE :"name" PASSWORD :'password';
SQL
}

database() {
    cat <<SQL
SELECT format('CREATE DATABASE %I OWNER marquee_owner', :'name')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"name";
\\connect :"name"
ALTER SCHEMA public OWNER TO marquee_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :"name";
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO :"name";
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO :"name";
ALTER DEFAULT PRIVILEGES FOR ROLE marquee_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"name";
ALTER DEFAULT PRIVILEGES FOR ROLE marquee_owner IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO :"name";
\\connect postgres
SQL
}

{
    role marquee_owner POSTGRES_OWNER_PASSWORD
    for subgraph in users movies showtimes tickets payments notifications reviews loyalty analytics; do
        role "marquee_$subgraph" "POSTGRES_$(echo "$subgraph" | tr '[:lower:]' '[:upper:]')_PASSWORD"
        database
    done
} | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-${PGUSER:-postgres}}" --dbname postgres
