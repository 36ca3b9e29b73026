-- Statements that turn lines of JSON into columns; `lines` is an Arrow table of `line` and `row_number`.

-- name: parse
-- why: tells objects from everything else, once; what is no JSON must not reach the functions that read it
CREATE OR REPLACE TABLE parsed AS
SELECT row_number, line, coalesce(TRY(json_type(line)) = 'OBJECT', false) AS sound
FROM lines;

-- name: first_members
-- why: the names used in the first objects of the file, and whether each of them has it, to see whether the file is of
--      this feed at all
SELECT name, count(*) = any_value(looked) FROM (
    SELECT unnest(json_keys(line)) AS name, looked FROM (
        SELECT line, count(*) OVER () AS looked
        FROM (SELECT line FROM parsed WHERE sound ORDER BY row_number LIMIT 100)
    )
) GROUP BY name ORDER BY name;

-- name: extract
-- why: the members of the mapping as text. The others are looked for where there are more members than were asked for,
--      and taken out where digits, or escapes that may be digits, could be a card number
SELECT
    row_number,
    parts,
    CASE WHEN $nested OR len(json_keys(line)) > list_count(parts) THEN CASE
        WHEN regexp_matches(line, '[0-9０-９](?:[ \x{a0}\x{3000}‐-―-]{0,2}[0-9０-９]){12}|\\u') THEN
            nullif(array_to_string(list_transform(
                list_filter(
                    map_entries(json_transform(line, '"MAP(VARCHAR, JSON)"')),
                    lambda member: NOT list_contains($members::VARCHAR[], member.key)
                        AND NOT list_contains($drop::VARCHAR[], member.key)
                ),
                lambda member: member.value::VARCHAR
            ), chr(10)), '')
    END END AS others
FROM (
    SELECT row_number, line, json_extract_string(line, $pointers::VARCHAR[]) AS parts
    FROM parsed
    WHERE sound
);

-- name: broken
-- why: lines that are no JSON object are rows, too
SELECT row_number, 'malformed_row' AS code, 'not a JSON object' AS detail, left(line, $chars) AS line
FROM parsed
WHERE NOT sound
ORDER BY row_number;
