-- Las palabras de cada nombre en un índice que las cruza.

CREATE OR REPLACE FUNCTION name_words(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT array_to_tsvector(array_remove(regexp_split_to_array(public.search_text(name), '\s+'), '')) $$;

CREATE INDEX ix_patients_name_words ON patients USING gin (name_words(full_name));
