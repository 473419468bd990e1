/*
 * Every cap of Chaperone on one screen, with its unit and its reason.
 *
 * Reaching a cap while reading mail is a finding (the part is "unscanned" for
 * the reason "limit"), never an accept and never a crash.
 */
#ifndef CHAPERONE_LIMITS_H
#define CHAPERONE_LIMITS_H

/* --- mail ------------------------------------------------------------ */
/* MIME depth that we follow.  Honest mail stays below 10; GMime itself stops
 * at 1,024 levels without a word to the caller. */
#define CH_MAX_DEPTH 32
/* Parts that we look into.  The largest honest newsletters have about 100. */
#define CH_MAX_PARTS 1000
/* Bytes of one header that reach the parser.  RFC 5322 2.1.1 allows 998 a
 * line; Postfix's header_size_limit is 102,400.  Longer ones crashed GMime's
 * address parser before 3.2.8. */
#define CH_MAX_HEADER (32 * 1024)
/* Header fields of one message; Postfix has no limit of its own. */
#define CH_MAX_HEADERS 2000
/* Decoded bytes of one text part, and of all of a message together: scanning
 * is linear, and 8 MiB of prose is ten novels. */
#define CH_MAX_TEXT       (8 * 1024 * 1024)
#define CH_MAX_TEXT_TOTAL (16 * 1024 * 1024)
/* Nodes of one HTML document: libgumbo spends about 150 bytes on each. */
#define CH_MAX_HTML_NODES 500000
/* Element depth of HTML that we follow; browsers stop at 512. */
#define CH_MAX_HTML_DEPTH 400
/* Bytes of HTML given to the parser: deep nesting is quadratic in libgumbo. */
#define CH_MAX_HTML (4 * 1024 * 1024)
/* Derived texts of one message: alt texts, links, hidden pieces. */
#define CH_MAX_TEXTS 5000
/* Bytes of a part that holds no words by its type and is not read (signatures,
 * delivery reports): a signature with its certificates has some 10,000. */
#define CH_MAX_SILENT (64 * 1024)
/* Defects that we remember of one message: 3,000 nested parts warn 1,000
 * times. */
#define CH_MAX_DEFECTS 100

/* Bytes of one attachment that the reader of documents gets: as much as the
 * default of milter.max_message. */
#define CH_MAX_ATTACHMENT (50 * 1024 * 1024)
/* Attachments of one message that it reads, and milliseconds that it may take
 * for all: an MTA waits 300 s for a milter (milter_content_timeout). */
#define CH_MAX_DOCUMENTS  100
#define CH_MAX_EXTRACT_MS 30000
/* Files within files: a ZIP in a mail in a ZIP is rare, five levels are
 * malice.  Members of all archives of one attachment; a large honest
 * workbook has some 500. */
#define CH_MAX_NESTING 5
/* Steps of a place in a document: a page in a file at each level. */
#define CH_MAX_STEPS   (2 * CH_MAX_NESTING)
#define CH_MAX_MEMBERS 5000
/* Bytes unpacked of one attachment, and how many for each packed byte:
 * deflate cannot exceed 1,032, honest XML stays below 50, and small files
 * (below CH_FREE_UNPACKED) may repeat themselves as they like. */
#define CH_MAX_UNPACKED  (200 * 1024 * 1024)
#define CH_MAX_RATIO     200
#define CH_FREE_UNPACKED (4 * 1024 * 1024)
/* Bytes of one XML part, its depth, and pages of one PDF. */
#define CH_MAX_XML       (64 * 1024 * 1024)
#define CH_MAX_XML_DEPTH 256
#define CH_MAX_PDF_PAGES 2000
/* Groups within groups of RTF; Word writes fewer than 20. */
#define CH_MAX_RTF_DEPTH 200
/* Pixels of a picture that are decoded: a phone's largest photo has 50
 * million, a JPEG is decoded at up to an eighth of each side.  Pixels that are
 * read for words: a page at 200 dots an inch. */
#define CH_MAX_PIXELS      (64 * 1000 * 1000)
#define CH_MAX_JPEG_PIXELS (250 * 1000 * 1000)
#define CH_MAX_OCR_PIXELS  (4 * 1000 * 1000)
/* Pages of one PDF that are drawn to be read: each costs a second. */
#define CH_MAX_SCANNED_PAGES 20
/* Blocks of metadata of one picture in a HEIC file: a phone writes two. */
#define CH_MAX_METADATA 20
/* Of the time for a file, how much may go to reading pictures: what is left
 * over stays a picture that nobody looked at, and the rest is read. */
#define CH_OCR_SHARE 0.7
/* Pixels of the longer side of a picture that reviewers see: half of a phone's
 * screen, enough to read a sign.  Bytes of it: its pixels, which are packed,
 * with what a PNG adds. */
#define CH_THUMBNAIL_SIDE 480
#define CH_MAX_THUMBNAIL  (1024 * 1024)
/* Rows and columns that a sheet leaves out and that are counted all the same,
 * so that a line is a row. */
#define CH_MAX_BLANK_ROWS    2000
#define CH_MAX_BLANK_COLUMNS 256
/* Seconds that what was read of an attachment is remembered: the same poster
 * sent to five services within a quarter of an hour. */
#define CH_CACHE_SECONDS 900
/* Microseconds in which a reader must have loaded its libraries and shut
 * itself in (0.1 s here), and milliseconds to end once it has hung up. */
#define CH_READER_START_US (10 * 1000 * 1000)
#define CH_READER_END_MS   100
/* Bytes that the reader may answer: all text that is kept, and its heads. */
#define CH_MAX_ANSWER (CH_MAX_TEXT_TOTAL + 512 * 1024)

/* Bytes of one base64 run in a text that is decoded: a page of prose. */
#define CH_MAX_DECODED (64 * 1024)
/* Bytes of a word that is read aloud: the longest hashtag is 100. */
#define CH_MAX_SPOKEN 120

/* --- rules ----------------------------------------------------------- */
/* PCRE2 match limit and heap (KiB) of one search: a pattern that needs more
 * has run away, which is a finding. */
#define CH_PCRE_MATCH_LIMIT 1000000
#define CH_PCRE_HEAP_KIB    20000
/* Hits of one signal in one text that conditions look at. */
#define CH_MAX_HITS 2000
/* Findings of one message that are kept: one rule, a hundred places. */
#define CH_MAX_FINDINGS 500

/* Bytes on each side of the seam of two text parts: what is cut there, and
 * the words that say what it is. */
#define CH_MAX_SEAM 512

/* Bytes of one text that the classifier reads: posts are short, and what is
 * long is searched by the rules. */
#define CH_MAX_OPINION_TEXT (64 * 1024)
/* Bytes of the classifier's file: some 100,000 features. */
#define CH_MAX_CLASSIFIER (16 * 1024 * 1024)
/* Bytes of the encoder's file: pieces of some 60,000 words at most. */
#define CH_MAX_ENCODER (32 * 1024 * 1024)
/* Pieces of words that the encoder reads at once, as many as it has learned
 * with, and how often: some 400 words, each time a few dozen milliseconds. */
#define CH_ENCODER_PIECES  160
#define CH_ENCODER_WINDOWS 4

/* --- directives ------------------------------------------------------ */
/* Bytes of one phrase that names a time: the longest honest ones, an RFC 5322
 * date with a comment, stay below 60. */
#define CH_MAX_PHRASE 200
/* The last year whose times are told: GLib reads time zones from files that
 * say when daylight saving is up to 2037. */
#define CH_MAX_YEAR 2037
/* Directives, tags and cuts of one text that are looked at; WordPress knows
 * 16 codes. */
#define CH_MAX_DIRECTIVES 200
/* Bytes of one directive with its value: a line of RFC 5322 2.1.1. */
#define CH_MAX_DIRECTIVE 998

/* --- envelope, replies ----------------------------------------------- */
/* Recipients of one message; Postfix's smtpd_recipient_limit is 1,000. */
#define CH_MAX_RECIPIENTS 10000
/* Lines of a refusal (CONTRACT.md) and bytes of a line: smfi_setmlreply(3)
 * takes 32 lines of 980, many clients show 512 (RFC 5321 4.5.3.1.5). */
#define CH_MAX_REPLY_LINES 10
#define CH_MAX_REPLY_LINE  400

/* --- files ----------------------------------------------------------- */
/* Bytes of a file with one mail address: RFC 5321 4.5.3.1.3 allows 254. */
#define CH_MAX_SECRET 512
/* Bytes of one configuration or rule file, and its depth. */
#define CH_MAX_YAML       (8 * 1024 * 1024)
#define CH_MAX_YAML_DEPTH 32
/* Bytes of a template: a letter of several pages. */
#define CH_MAX_TEMPLATE (16 * 1024)
/* Bytes of one line of a .jsonl input. */
#define CH_MAX_JSONL_LINE (16 * 1024 * 1024)

/* --- retry rule (CONTRACT.md, States and release) --------------------- */
#define CH_RETRY_DAYS 5
/* Failures of one message before it is held instead of deferred. */
#define CH_MAX_FAILURES 3

/* --- review page ----------------------------------------------------- */
/* Bytes of the header of a request, and of its body: the longest honest form
 * is a bulk refusal of 50 IDs with a note. */
#define CH_MAX_HTTP_HEADER (32 * 1024)
#define CH_MAX_HTTP_BODY   (64 * 1024)
/* Seconds from the start of a connection, or the end of the request before,
 * to the end of a request, whatever trickles in; and those without a byte. */
#define CH_HTTP_DEADLINE_S 30
#define CH_HTTP_IDLE_S     15
/* Connections at once; 20 reviewers with a browser hold 120 at most. */
#define CH_MAX_HTTP_CONNECTIONS 512
/* Fields of one form, query or cookie line. */
#define CH_MAX_HTTP_FIELDS 400
/* Rows of one page of the queue. */
#define CH_QUEUE_PAGE 50
/* Bytes of one text that a card shows: more is cut, and says so. */
#define CH_MAX_CARD_TEXT (256 * 1024)
/* Characters of what an author writes about a post, and such letters about one
 * post: more is a matter for the telephone. */
#define CH_MAX_LETTER  4000
#define CH_MAX_LETTERS 20
/* Posts that one letter to a reviewer lists: more than anybody reads in it; it
 * says how many there are beside them. */
#define CH_MAX_DIGEST 100
/* Pictures that a card shows: each is decoded when it is asked for. */
#define CH_MAX_CARD_PICTURES 20
/* Characters of a note, and of a reason to look. */
#define CH_MAX_NOTE 2000
/* Wrong passwords or codes that lock an account, and for how long; those of
 * one address within that time that are answered 429. */
#define CH_MAX_SIGNIN_FAILURES  5
#define CH_SIGNIN_LOCK_S        (15 * 60)
#define CH_MAX_ADDRESS_FAILURES 30
/* Characters of a password: NIST SP 800-63B asks for 8 at least and no more
 * than what a person chooses; the upper end bounds the work. */
#define CH_MIN_PASSWORD 12
#define CH_MAX_PASSWORD 200
/* A session without a request, in all, and before its second factor. */
#define CH_SESSION_IDLE_S 3600
#define CH_SESSION_LIFE_S (12 * 3600)
#define CH_SESSION_HALF_S 600
#define CH_SETUP_LIFE_S   (24 * 3600)

#endif
