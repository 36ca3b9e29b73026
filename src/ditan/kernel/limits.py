"""Every limit of Ditan, in one file. Each is exact, has its unit in its name, and says why it is.

How they relate is checked at the end, when this module is imported: a limit cannot be changed
into a state that contradicts another one.
"""

# --- a feed file ----------------------------------------------------------------------------------

#: The longest line of a CSV or JSON Lines file. A bank event has about 300 bytes; what is a thousand
#: times longer is a broken file, and must not fill the memory.
line_bytes_max = 1 << 20

#: How much of a file is read to tell its encoding and its header.
header_bytes_max = 1 << 16

#: The widest file: canonical events have 18 columns, card exports seen so far have up to 40.
columns_max = 256

#: The longest text in one field, in characters. A card descriptor has at most 40.
field_chars_max = 1_024

#: The longest identifier (event, customer, card, merchant), in characters.
id_chars_max = 128

#: How much of a file is read at once: a few tens of thousands of rows.
block_bytes = 1 << 23

#: The longest record, in lines: a quoted field of a CSV file may hold line breaks. What is longer is an
#: open quote, and must not swallow the rows after it.
record_lines_max = 64

#: The longest text, in characters, of the columns of a row that a mapping does not use.
unused_chars_max = 1 << 16

#: How many characters of an unreadable line, or of a value that was refused, are kept to show it.
shown_line_chars_max = 1_024
shown_value_chars_max = 64

# --- one event ------------------------------------------------------------------------------------

#: 100 million yuan. A retail card payment above it is a mistake in the feed.
amount_fen_max = 10_000_000_000

#: The oldest event that is accepted: thirty years. Older ones are mistakes in a date.
event_age_days_max = 30 * 366

#: How far a bank's clock may be ahead of ours.
event_future_minutes_max = 10

#: The most facts (`attributes`) of one event. Scenarios know about twenty.
attributes_max = 32

#: Among how many payments, the latest before it, the original of a refund without a reference is looked for.
refund_candidates_max = 64

#: How often refunds that found their payment used up by others look for an earlier one.
refund_rounds = 4

#: How long a refund waits for an original that has not arrived.
waiting_refund_days = 180

# --- a batch --------------------------------------------------------------------------------------

#: The rows of one micro-batch. More makes a unit of work hold its locks longer than a second.
batch_rows_max = 200_000

#: The text of one micro-batch in memory. Ordinary rows reach `batch_rows_max` long before.
batch_bytes_max = 1 << 28

#: The smallest micro-batch that is worth a unit of work of its own.
batch_rows_min = 1_000

# --- energy ---------------------------------------------------------------------------------------

#: The most energy of one ball: what 25 bits hold. The most generous act gives some hundreds.
ball_energy_max = 2**25 - 1

#: The most energy of one lot: what 40 bits hold.
lot_energy_max = 2**40 - 1

#: The longest a ball can be collected, in days, and a lot be used, in months: what 5 and 6 bits of a ball hold.
collect_days_max = 31
lot_months_max = 63

#: The customers that one unit of work of a sweep looks at.
sweep_customers = 50_000

#: The units of work that a sweep has under way at the same time, each on a connection of its own.
sweep_connections = 2

#: The holds that one unit of work of a sweep releases.
sweep_holds = 1_000

# --- rewards ---------------------------------------------------------------------------------------

#: The most of one reward in one order.
order_quantity_max = 100

#: The longest energy can be set aside for an order, in days.
hold_days_max = 366

#: What a customer can write to an order, in characters.
order_note_chars_max = 100

#: The most trees of one customer that are listed at once; all are counted.
forest_trees_max = 500

#: How many plantings of a kind of tree anybody is shown, the latest first.
plantings_shown_max = 12

#: The longest a partner's answer may take, in seconds, and be, in bytes.
partner_seconds_max = 10
partner_bytes_max = 1 << 16

#: How long a worker has for one job, in seconds: then another one may take it.
job_lease_seconds = 60

#: How soon a job that failed is tried again, in seconds, doubled each time up to the longest.
job_again_seconds = 30
job_again_seconds_max = 3_600

#: How soon an order that was sent is asked for, in seconds, doubled each time up to the longest.
ask_again_seconds = 3_600
ask_again_seconds_max = 21_600

#: How long before its deadline an order is asked for once more, in minutes.
ask_before_minutes = 10

#: How far the clock of a partner may be from ours, in minutes; a webhook from further away is refused.
webhook_minutes_max = 5

#: The signatures of one webhook that are looked at.
webhook_signatures_max = 8

#: The secrets of one partner: the new one and the one it replaces.
partner_secrets_max = 2

# --- the API ---------------------------------------------------------------------------------------

#: The events of one call of `POST /v1/events`. More belongs into a file.
events_per_call_max = 5_000

#: The body of a call with events, in bytes: 1,600 for each.
events_body_bytes_max = 8 << 20

#: The body of any other call, in bytes.
body_bytes_max = 1 << 16

#: The longest a request may take, in seconds. What it has begun is finished or rolled back by the database.
request_seconds_max = 30

#: How long a server may go on by a methodology after another process decided on one.
schedule_seconds_max = 20

#: The longest a statement that only reads for a page may take, in milliseconds.
page_read_ms_max = 5_000

#: The requests that are worked on at the same time, each with a database connection of its own.
requests_at_once = 16

#: The acts or balls of one page of a list, and how many when the caller does not say.
page_items_max = 100
page_items = 20

#: The balls on the home page. All of them are in the list of balls.
home_balls_max = 24

#: What a customer can write about what is wrong with an act, in characters.
dispute_chars_max = 500

#: The disputes that the console lists at once, the oldest first: whoever waits longest is answered first.
disputes_listed_max = 1_000

#: How far back notices are worked out, in days.
notice_days_max = 366

#: The longest token, in characters.
token_chars_max = 8_192

#: Tokens whose signature is not checked again while they are used, at most so many; the oldest is forgotten.
tokens_proved_max = 4_096

#: The longest name of a member of staff that is shown, in characters.
staff_name_chars_max = 64

#: The longest period the console's overview can be asked for, in days: two years of days still make a readable chart.
overview_days_max = 731

#: How many weeks the retention triangle follows those who opened in one week.
retention_weeks = 8

#: The longest a report of the console may take, in milliseconds: it is read from one snapshot of the whole ledger.
report_read_ms_max = 20_000

#: The most energy, or units of a stock, budget or fund, that one proposal of the console may give or take.
adjustment_max = 1_000_000

#: The reason for looking at a customer or for a proposal, and an opinion on one, in characters.
reason_chars_min = 4
reason_chars_max = 500

#: A file sent to the console, in bytes: it is posted before the request must be answered.
upload_bytes_max = 16 << 20

#: The longest name of such a file, in bytes: a file system takes 255.
file_name_bytes_max = 240

#: The rows of each code that are shown as examples; the CSV has all of them.
examples_shown = 5

#: How long keys of the issuer are believed before they are fetched again, and how soon an unknown key asks again.
keys_minutes_max = 60
keys_again_seconds_min = 30

#: Cards that a token may name.
token_cards_max = 64

#: Customers whose request rate is remembered; the least recent is forgotten.
rates_remembered = 100_000

# --- the store ------------------------------------------------------------------------------------

#: The oldest PostgreSQL that Ditan runs on.
server_version_min = 16

#: How often a unit of work is tried when PostgreSQL reports a deadlock or a serialization failure.
unit_of_work_attempts_max = 5

#: The longest a connection attempt may take.
connect_wait_seconds_max = 10

#: The longest the embedded server may take to start, including the recovery after a crash.
server_start_seconds_max = 120

#: A path of a unix socket has at most 107 bytes; `/.s.PGSQL.5432` needs 15 of them.
socket_dir_bytes_max = 89

# --- how they relate ------------------------------------------------------------------------------

assert header_bytes_max < line_bytes_max, "a header is a line"
assert id_chars_max <= field_chars_max, "an identifier is a field"
assert columns_max * field_chars_max <= line_bytes_max, "a full row fits into a line"
assert line_bytes_max <= block_bytes <= batch_bytes_max, "a line fits into a block, a block into a batch"
assert 0 < batch_rows_min < batch_rows_max
assert waiting_refund_days < event_age_days_max, "a refund may wait as long as its original may be late"
assert batch_rows_max * amount_fen_max < 2**63, "the sum of a batch fits a bigint"
assert ball_energy_max < lot_energy_max < 2**62
assert events_per_call_max <= batch_rows_max, "a call is a batch"
assert events_per_call_max * 1_600 <= events_body_bytes_max, "an event has about 300 bytes"
assert upload_bytes_max <= batch_bytes_max, "an upload is about a batch"
assert partner_seconds_max < job_lease_seconds, "a job is not taken from a worker that waits for a partner"
assert job_again_seconds <= job_again_seconds_max
assert page_read_ms_max < request_seconds_max * 1_000
assert 0 < page_items <= page_items_max
assert page_read_ms_max < report_read_ms_max < request_seconds_max * 1_000, "a report is given up before its request is"
assert unit_of_work_attempts_max >= 2, "a failed unit of work is tried again"
assert socket_dir_bytes_max + len("/.s.PGSQL.5432") <= 107

#: A replay that wrote no progress for so long, in seconds, is taken for dead: somebody may begin it anew.
study_silent_seconds_max = 120

#: The replays of proposed methodologies that one server works on at once.
studies_at_once = 1
