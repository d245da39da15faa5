"""Lo que lleva los índices de palabras de los pacientes: sus funciones y disparadores."""

WORDS_OF = r"""
CREATE OR REPLACE FUNCTION words_of(name text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT DISTINCT word FROM regexp_split_to_table(search_text(name), '\s+') AS word WHERE word <> '' $$
"""

# Las mismas palabras, para cruzarlas con un índice. Con sus esquemas: al crear el índice no hay otro camino.
NAME_WORDS = r"""
CREATE OR REPLACE FUNCTION name_words(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT array_to_tsvector(array_remove(regexp_split_to_array(public.search_text(name), '\s+'), '')) $$
"""

# El vocabulario va en orden: dos que estrenan las mismas palabras se esperan, y no una a otra.
INDEX_PATIENT = """
CREATE OR REPLACE FUNCTION index_patient_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    DELETE FROM patient_words WHERE word IN (SELECT words_of(OLD.full_name))
      AND created_at = OLD.created_at AND patient_id = OLD.patient_id;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO patient_vocabulary (word) SELECT word FROM words_of(NEW.full_name) AS word ORDER BY word
      ON CONFLICT DO NOTHING;
    INSERT INTO patient_words (word, created_at, patient_id)
      SELECT word, NEW.created_at, NEW.patient_id FROM words_of(NEW.full_name) AS word;
  END IF;
  RETURN NULL;
END $$
"""

REBUILD = """
DELETE FROM patient_words;
INSERT INTO patient_words (word, created_at, patient_id)
  SELECT word, created_at, patient_id FROM patients, words_of(full_name) AS word
  ORDER BY word, created_at, patient_id;
INSERT INTO patient_vocabulary (word) SELECT DISTINCT word FROM patient_words ON CONFLICT DO NOTHING;
ANALYZE patient_words, patient_vocabulary
"""

FUNCTIONS = (WORDS_OF, NAME_WORDS, INDEX_PATIENT)
TRIGGERS = (
    "CREATE TRIGGER tg_patients_words AFTER INSERT OR DELETE ON patients"
    " FOR EACH ROW EXECUTE FUNCTION index_patient_words()",
    "CREATE TRIGGER tg_patients_words_changed AFTER UPDATE ON patients FOR EACH ROW"
    " WHEN ((OLD.full_name, OLD.created_at) IS DISTINCT FROM (NEW.full_name, NEW.created_at))"
    " EXECUTE FUNCTION index_patient_words()",
)
