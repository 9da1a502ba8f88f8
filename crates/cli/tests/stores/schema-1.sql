CREATE TABLE account (
    company bigint NOT NULL,
    account bigint NOT NULL,
    changed bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE account_alias (
    company bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    value text NOT NULL COLLATE pg_catalog."C",
    account bigint NOT NULL
);
CREATE TABLE attachment (
    company bigint NOT NULL,
    attachment bigint NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL
);
CREATE TABLE channel (
    company bigint NOT NULL,
    channel bigint NOT NULL,
    type text NOT NULL,
    address text NOT NULL COLLATE pg_catalog."C",
    text text NOT NULL,
    token text,
    created_at bigint NOT NULL
);
CREATE TABLE company (
    company bigint NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    secret bytea NOT NULL,
    region text NOT NULL,
    created_at bigint NOT NULL,
    rate_limit integer
);
CREATE TABLE conversation (
    company bigint NOT NULL,
    conversation bigint NOT NULL,
    home bigint NOT NULL,
    changed bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE duplicate_key (
    company bigint NOT NULL,
    key bigint NOT NULL,
    contact bigint NOT NULL
);
CREATE TABLE duplicate_pair (
    company bigint NOT NULL,
    younger bigint NOT NULL,
    older bigint NOT NULL,
    key bigint NOT NULL
);
CREATE TABLE ends (
    company bigint NOT NULL,
    entries bigint DEFAULT 0 NOT NULL,
    records_made bigint DEFAULT 0 NOT NULL,
    conversations_made bigint DEFAULT 0 NOT NULL,
    messages_made bigint DEFAULT 0 NOT NULL,
    shared_after bigint DEFAULT 5,
    names_agree boolean DEFAULT false NOT NULL
)
WITH (fillfactor='20');
CREATE TABLE fingerprint (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    fingerprint text NOT NULL
);
CREATE TABLE handle (
    company bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    home bigint,
    has_more boolean NOT NULL,
    status smallint NOT NULL
);
CREATE TABLE history (
    company bigint NOT NULL,
    record bigint NOT NULL,
    seq bigint NOT NULL
);
CREATE TABLE journal (
    company bigint NOT NULL,
    seq bigint NOT NULL,
    at bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE kith (
    version integer NOT NULL
);
CREATE TABLE mailbox (
    address text NOT NULL COLLATE pg_catalog."C",
    company bigint NOT NULL,
    channel bigint NOT NULL
);
CREATE TABLE membership (
    company bigint NOT NULL,
    kind text NOT NULL COLLATE pg_catalog."C",
    "group" bigint NOT NULL,
    record bigint NOT NULL
);
CREATE TABLE message (
    company bigint NOT NULL,
    conversation bigint NOT NULL,
    message bigint NOT NULL,
    at bigint NOT NULL,
    home bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE message_reference (
    company bigint NOT NULL,
    channel bigint NOT NULL,
    reference text NOT NULL COLLATE pg_catalog."C",
    conversation bigint NOT NULL,
    message bigint NOT NULL
);
CREATE TABLE note (
    company bigint NOT NULL,
    record bigint NOT NULL,
    seq bigint NOT NULL
);
CREATE TABLE picture (
    company bigint NOT NULL,
    seq bigint NOT NULL,
    media_type text NOT NULL,
    content bytea NOT NULL
);
CREATE TABLE reader (
    company bigint NOT NULL,
    reader text NOT NULL,
    seq bigint NOT NULL
)
WITH (fillfactor='20');
CREATE TABLE record (
    company bigint NOT NULL,
    record bigint NOT NULL,
    contact bigint NOT NULL,
    changed bigint NOT NULL,
    changed_at bigint NOT NULL,
    owner bigint,
    body text NOT NULL
);
CREATE TABLE record_name (
    company bigint NOT NULL,
    system text NOT NULL COLLATE pg_catalog."C",
    id text NOT NULL COLLATE pg_catalog."C",
    record bigint NOT NULL
);
CREATE TABLE reporter (
    company bigint NOT NULL,
    source text NOT NULL COLLATE pg_catalog."C",
    key text NOT NULL COLLATE pg_catalog."C",
    record bigint NOT NULL
);
CREATE TABLE search (
    company bigint NOT NULL,
    contact bigint NOT NULL,
    changed bigint NOT NULL,
    span bigint NOT NULL,
    owner bigint,
    words text NOT NULL COLLATE pg_catalog."C",
    tokens integer[] NOT NULL
);
CREATE TABLE search_span (
    company bigint NOT NULL,
    span bigint NOT NULL,
    contacts bigint NOT NULL
)
WITH (fillfactor='50');
CREATE TABLE session (
    company bigint NOT NULL,
    token bytea NOT NULL,
    teammate bigint,
    expires_at bigint NOT NULL
);
CREATE TABLE settings (
    company bigint NOT NULL,
    body text NOT NULL
);
CREATE TABLE teammate_secret (
    company bigint NOT NULL,
    teammate bigint NOT NULL,
    secret bytea NOT NULL
);
CREATE TABLE token (
    company bigint NOT NULL,
    hash bytea NOT NULL,
    name text NOT NULL,
    scopes text NOT NULL,
    created_at bigint NOT NULL
);
INSERT INTO channel VALUES
	(16469723, 33246939, 'email', 'support@wayne.example', 'support@wayne.example', NULL, 1796060543702),
	(16469723, 50024155, 'sms', '+16505550100', '+16505550100', 'pvsaups7w2q4hjx53obwhlfx7okliodk', 1796060543702),
	(16469723, 66801371, 'custom', 'website', 'website', NULL, 1796060543704),
	(16469723, 83578587, 'sms', '+16505550199', '+16505550199', '0123456789abcdef0123456789abcdef', 1796060547714);
INSERT INTO company VALUES
	(3199600, 'acme', '\xfd767120a6d61665b8365f7397f3cbd3193ab17b8a1ba1159372e0fcb1a4c79c', 'DE', 1796060547918, NULL),
	(16469723, 'wayne', '\x0c686d5bc5ab206c9765530b1b8114338872d0323250bb9c3caa550636609c16', 'US', 1796060543529, NULL);
INSERT INTO conversation VALUES
	(16469723, 33246939, 66801371, 24, '{"channel":33246939,"sender":{"source":"email","key":"selina@gotham.org"},"subject":"Appraisal of a ring","snippet":"Never mind the ring. It has been collected by its owner. Do you also do necklaces?","messages":2,"created_at":1796060543709,"changed_at":1796060543721}'),
	(16469723, 50024155, 217796315, 32, '{"channel":66801371,"sender":{"source":"custom","key":"pamela-isley"},"subject":"","snippet":"It came today. It is organic. You may live.","messages":2,"created_at":1796060543710,"changed_at":1796060543741}'),
	(16469723, 66801371, 83578587, 34, '{"channel":50024155,"sender":{"source":"phone","key":"+16508141940"},"subject":"","snippet":"Done here. Tell Alfred two for dinner.","messages":2,"created_at":1796060543713,"changed_at":1796060543753}'),
	(16469723, 83578587, 167464667, 23, '{"channel":33246939,"sender":{"source":"email","key":"lucius@wayne.inc"},"subject":"Research budget, fourth quarter","snippet":"Mr Wayne''s office, please find the numbers below. The line “miscellaneous, black” has doubled again. Regards Lucius Fox","messages":1,"created_at":1796060543717,"changed_at":1796060543717}'),
	(16469723, 100355803, 50024155, 25, '{"channel":50024155,"sender":{"source":"phone","key":"+16508149999"},"subject":"","snippet":"Dinner is at eight. He will hear that it is at seven.","messages":1,"created_at":1796060543725,"changed_at":1796060543725}'),
	(16469723, 117133019, 201019099, 27, '{"channel":33246939,"sender":{"source":"email","key":"who@riddle.example"},"subject":"A question","snippet":"What is sent once, arrives twice and is read by nobody?","messages":1,"created_at":1796060543729,"changed_at":1796060543729}'),
	(16469723, 133910235, 268127963, 29, '{"channel":66801371,"sender":{"source":"custom","key":"vicki-vale"},"subject":"Interview","snippet":"The Gazette would like ten minutes with Mr Wayne. Any day, any hour; he picks the place.","messages":1,"created_at":1796060543733,"changed_at":1796060543733}'),
	(16469723, 150687451, 234573531, 33, '{"channel":33246939,"sender":{"source":"email","key":"oswald@iceberg.example"},"subject":"Invoice 4471","snippet":"Paid this morning. Kindly call off the man on my roof.","messages":2,"created_at":1796060543737,"changed_at":1796060543749}'),
	(16469723, 167464667, 150687451, 37, '{"channel":33246939,"sender":{"source":"email","key":"gordon@gcpd.example"},"subject":"The lamp on our roof","snippet":"They arrived before I had sent this. I will not ask how.","messages":2,"created_at":1796060543757,"changed_at":1796060543761}');
INSERT INTO ends VALUES
	(3199600, 0, 0, 0, 0, 5, false),
	(16469723, 43, 17, 9, 14, 5, false);
INSERT INTO handle VALUES
	(16469723, 'email', 'alfred@wayne.inc', 50024155, false, 0),
	(16469723, 'email', 'barbara@library.example', 133910235, false, 0),
	(16469723, 'email', 'batman@gotham.org', 33246939, false, 0),
	(16469723, 'email', 'bruce@wayne.inc', 33246939, false, 0),
	(16469723, 'email', 'dick@wayne.inc', 83578587, true, 0),
	(16469723, 'email', 'gordon@gcpd.example', 150687451, false, 0),
	(16469723, 'email', 'harvey@city.example', 184241883, false, 0),
	(16469723, 'email', 'harvey@gotham.org', 301682395, false, 0),
	(16469723, 'email', 'ivy@garden.example', 217796315, true, 0),
	(16469723, 'email', 'lucius@wayne.example', 251350747, false, 0),
	(16469723, 'email', 'lucius@wayne.inc', 167464667, false, 0),
	(16469723, 'email', 'nightwing@bludhaven.example', 100355803, false, 0),
	(16469723, 'email', 'oswald@iceberg.example', 234573531, false, 0),
	(16469723, 'email', 'selina@gotham.org', 66801371, true, 0),
	(16469723, 'email', 'two@face.example', 184241883, false, 0),
	(16469723, 'email', 'vicki@gazette.example', 268127963, false, 0),
	(16469723, 'email', 'who@riddle.example', 201019099, false, 0),
	(16469723, 'phone', '+123456789', 33246939, false, 0),
	(16469723, 'phone', '+16505550177', 301682395, false, 2),
	(16469723, 'phone', '+16508140911;ext=1', 150687451, false, 0),
	(16469723, 'phone', '+16508141940', 83578587, false, 0),
	(16469723, 'phone', '+16508141961', 133910235, false, 0),
	(16469723, 'phone', '+16508141966', 217796315, false, 0),
	(16469723, 'phone', '+16508149999', 50024155, false, 0),
	(16469723, 'phone', '+18003569377', 234573531, false, 0),
	(16469723, 'phone', '+442079460958', 167464667, false, 0),
	(16469723, 'twitter', 'batman', 33246939, false, 0),
	(16469723, 'twitter', 'catwoman', 66801371, false, 0),
	(16469723, 'twitter', 'nightwing', 100355803, true, 0),
	(16469723, 'twitter', 'riddler', 201019099, false, 0),
	(16469723, 'twitter', 'vickivale', 268127963, false, 0),
	(16469723, 'custom', 'pamela-isley', 217796315, false, 0),
	(16469723, 'custom', 'vicki-vale', 268127963, false, 0);
INSERT INTO history VALUES
	(16469723, 50024155, 25),
	(16469723, 66801371, 17),
	(16469723, 66801371, 18),
	(16469723, 66801371, 24),
	(16469723, 66801371, 39),
	(16469723, 83578587, 7),
	(16469723, 83578587, 21),
	(16469723, 83578587, 34),
	(16469723, 100355803, 7),
	(16469723, 150687451, 35),
	(16469723, 150687451, 36),
	(16469723, 150687451, 37),
	(16469723, 167464667, 22),
	(16469723, 167464667, 23),
	(16469723, 201019099, 26),
	(16469723, 201019099, 27),
	(16469723, 217796315, 19),
	(16469723, 217796315, 20),
	(16469723, 217796315, 32),
	(16469723, 217796315, 39),
	(16469723, 234573531, 30),
	(16469723, 234573531, 31),
	(16469723, 234573531, 33),
	(16469723, 268127963, 28),
	(16469723, 268127963, 29),
	(16469723, 301682395, 43);
INSERT INTO journal VALUES
	(16469723, 1, 1796060543593, '{"origin":"import","change":{"observed":{"record":33246939,"text":{"name":"Bruce Wayne","description":"CEO / Wayne.inc"},"handles":[{"source":"email","key":"bruce@wayne.inc"},{"source":"email","key":"batman@gotham.org"},{"source":"twitter","key":"batman","text":"@Batman"},{"source":"phone","key":"+123456789"}],"links":["https://wayne.inc"]}}}'),
	(16469723, 2, 1796060543596, '{"origin":"import","change":{"observed":{"record":50024155,"text":{"name":"Alfred Pennyworth","description":"Butler, knows everybody"},"handles":[{"source":"email","key":"alfred@wayne.inc"},{"source":"phone","key":"+16508149999"}]}}}'),
	(16469723, 3, 1796060543609, '{"origin":"import","change":{"observed":{"record":66801371,"text":{"name":"Selina Kyle","description":"Jewel expert · VIP"},"handles":[{"source":"email","key":"selina@gotham.org"},{"source":"twitter","key":"catwoman","text":"@catwoman"}]}}}'),
	(16469723, 4, 1796060543610, '{"origin":"import","change":{"observed":{"record":83578587,"text":{"name":"Dick Grayson","description":"Blüdhaven office"},"handles":[{"source":"email","key":"dick@wayne.inc"},{"source":"phone","key":"+16508141940"}]}}}'),
	(16469723, 5, 1796060543617, '{"origin":"import","change":{"observed":{"record":100355803,"text":{"name":"Nightwing"},"handles":[{"source":"email","key":"nightwing@bludhaven.example"},{"source":"twitter","key":"nightwing","text":"@nightwing"}],"links":["https://shop.example/customers/38"]}}}'),
	(16469723, 6, 1796060543625, '{"origin":"import","change":{"observed":{"record":117133019,"contact":83578587,"text":{"name":"Dick Grayson"},"handles":[{"source":"email","key":"dick@wayne.inc"},{"source":"twitter","key":"nightwing"}]}}}'),
	(16469723, 7, 1796060543625, '{"origin":"import","change":{"merged":{"kept":83578587,"joined":100355803,"because":6}}}'),
	(16469723, 8, 1796060543626, '{"origin":"import","change":{"observed":{"record":133910235,"text":{"name":"Barbara Gordon","description":"Librarian"},"handles":[{"source":"email","key":"barbara@library.example"},{"source":"phone","key":"+16508141961"}],"links":["https://crm.example/people/61"]}}}'),
	(16469723, 9, 1796060543633, '{"origin":"import","change":{"observed":{"record":150687451,"text":{"name":"James Gordon","description":"Commissioner, Gotham City Police"},"handles":[{"source":"email","key":"gordon@gcpd.example"},{"source":"phone","key":"+16508140911;ext=1"}]}}}'),
	(16469723, 10, 1796060543647, '{"origin":"import","change":{"observed":{"record":167464667,"text":{"name":"Lucius Fox","description":"Head of research"},"handles":[{"source":"email","key":"lucius@wayne.inc"},{"source":"phone","key":"+442079460958"}],"links":["https://crm.example/people/72"]}}}'),
	(16469723, 11, 1796060543661, '{"origin":"import","change":{"observed":{"record":184241883,"text":{"name":"Harvey Dent","description":"District attorney; write on even days"},"handles":[{"source":"email","key":"harvey@city.example"},{"source":"email","key":"two@face.example"}]}}}'),
	(16469723, 12, 1796060543669, '{"origin":"import","change":{"observed":{"record":201019099,"text":{"name":"Edward Nygma","description":"Asks more than he buys"},"handles":[{"source":"email","key":"who@riddle.example"},{"source":"twitter","key":"riddler","text":"https://twitter.com/riddler"}]}}}'),
	(16469723, 13, 1796060543677, '{"origin":"import","change":{"observed":{"record":217796315,"text":{"name":"Pamela Isley","description":"Botanical garden, wholesale"},"handles":[{"source":"email","key":"ivy@garden.example"},{"source":"phone","key":"+16508141966"},{"source":"custom","key":"pamela-isley"}]}}}'),
	(16469723, 14, 1796060543689, '{"origin":"import","change":{"observed":{"record":234573531,"text":{"name":"Oswald Cobblepot","description":"Iceberg Lounge, pays late"},"handles":[{"source":"email","key":"oswald@iceberg.example"},{"source":"phone","key":"+18003569377"}],"links":["https://iceberg.example"]}}}'),
	(16469723, 15, 1796060543694, '{"origin":"import","change":{"observed":{"record":251350747,"text":{"name":"Fox, L.","description":"Met at the trade fair"},"handles":[{"source":"email","key":"lucius@wayne.example"}]}}}'),
	(16469723, 16, 1796060543701, '{"origin":"import","change":{"observed":{"record":268127963,"text":{"name":"Vicki Vale","description":"Press"},"handles":[{"source":"email","key":"vicki@gazette.example"},{"source":"twitter","key":"vickivale","text":"@vickivale"},{"source":"custom","key":"vicki-vale"}],"links":["https://gazette.example/vale"]}}}'),
	(16469723, 17, 1796060543709, '{"origin":"message","change":{"observed":{"record":66801371,"text":{"name":"Selina Kyle"},"handles":[{"source":"email","key":"selina@gotham.org"}]}}}'),
	(16469723, 18, 1796060543709, '{"origin":"message","change":{"received":{"message":33246939,"conversation":33246939,"channel":33246939,"home":66801371,"sender":{"source":"email","key":"selina@gotham.org"},"subject":"Appraisal of a ring","snippet":"Hello, could one of you look at a ring for me? It was in the family, they say, and I would rather not say whose. Selina","references":["uid:230a35c2e8104993df7930bfdcb32a93671486316af1dd2f1430f7a0616ee3e8","id:ring.0@demo.example","id:ring@demo.example"]}}}'),
	(16469723, 19, 1796060543710, '{"origin":"message","change":{"observed":{"record":217796315,"text":{"name":"Pamela Isley"},"handles":[{"source":"custom","key":"pamela-isley"}]}}}'),
	(16469723, 20, 1796060543710, '{"origin":"message","change":{"received":{"message":50024155,"conversation":50024155,"channel":66801371,"home":217796315,"sender":{"source":"custom","key":"pamela-isley"},"subject":"","snippet":"Is the fertilizer in order 1966 organic? If not, please keep it.","references":["ref:order-1966"]}}}'),
	(16469723, 21, 1796060543713, '{"origin":"message","change":{"received":{"message":66801371,"conversation":66801371,"channel":50024155,"home":83578587,"sender":{"source":"phone","key":"+16508141940"},"subject":"","snippet":"Running late. Start without me. D.","references":["uid:sid:demo-2","from:+16508141940"]}}}'),
	(16469723, 22, 1796060543717, '{"origin":"message","change":{"observed":{"record":167464667,"text":{"name":"Lucius Fox"},"handles":[{"source":"email","key":"lucius@wayne.inc"}]}}}'),
	(16469723, 23, 1796060543717, '{"origin":"message","change":{"received":{"message":83578587,"conversation":83578587,"channel":33246939,"home":167464667,"sender":{"source":"email","key":"lucius@wayne.inc"},"subject":"Research budget, fourth quarter","snippet":"Mr Wayne''s office, please find the numbers below. The line “miscellaneous, black” has doubled again. Regards Lucius Fox","references":["uid:fe106552b68754f073a61036001abb291e9f692a914d9ca8bd35affa24f26926","id:budget.3@demo.example","id:budget@demo.example"]}}}'),
	(16469723, 24, 1796060543721, '{"origin":"message","change":{"received":{"message":100355803,"conversation":33246939,"channel":33246939,"home":66801371,"sender":{"source":"email","key":"selina@gotham.org"},"subject":"Re: Appraisal of a ring","snippet":"Never mind the ring. It has been collected by its owner. Do you also do necklaces?","references":["uid:b9f2dfd92c429150c2da262d18b4446af86cedeef193c8313beca57454ec519d","id:ring.4@demo.example","id:ring@demo.example"]}}}'),
	(16469723, 25, 1796060543725, '{"origin":"message","change":{"received":{"message":117133019,"conversation":100355803,"channel":50024155,"home":50024155,"sender":{"source":"phone","key":"+16508149999"},"subject":"","snippet":"Dinner is at eight. He will hear that it is at seven.","references":["uid:sid:demo-5","from:+16508149999"]}}}'),
	(16469723, 26, 1796060543729, '{"origin":"message","change":{"observed":{"record":201019099,"text":{"name":"Edward Nygma"},"handles":[{"source":"email","key":"who@riddle.example"}]}}}'),
	(16469723, 27, 1796060543729, '{"origin":"message","change":{"received":{"message":133910235,"conversation":117133019,"channel":33246939,"home":201019099,"sender":{"source":"email","key":"who@riddle.example"},"subject":"A question","snippet":"What is sent once, arrives twice and is read by nobody?","references":["uid:2a28c30b544f8cc5b4347b2ccb984de405d90f1220e8bd269a9ca4e19f89179b","id:riddle.6@demo.example","id:riddle@demo.example"]}}}'),
	(16469723, 28, 1796060543733, '{"origin":"message","change":{"observed":{"record":268127963,"text":{"name":"Vicki Vale"},"handles":[{"source":"custom","key":"vicki-vale"}]}}}'),
	(16469723, 29, 1796060543733, '{"origin":"message","change":{"received":{"message":150687451,"conversation":133910235,"channel":66801371,"home":268127963,"sender":{"source":"custom","key":"vicki-vale"},"subject":"Interview","snippet":"The Gazette would like ten minutes with Mr Wayne. Any day, any hour; he picks the place.","references":["ref:interview"]}}}'),
	(16469723, 30, 1796060543737, '{"origin":"message","change":{"observed":{"record":234573531,"text":{"name":"Oswald Cobblepot"},"handles":[{"source":"email","key":"oswald@iceberg.example"}]}}}'),
	(16469723, 31, 1796060543737, '{"origin":"message","change":{"received":{"message":167464667,"conversation":150687451,"channel":33246939,"home":234573531,"sender":{"source":"email","key":"oswald@iceberg.example"},"subject":"Invoice 4471","snippet":"Sirs, your reminder is noted. So were the three before it. You will be paid when the ice melts. O. C.","references":["uid:0415b6411fed705f8508866a6e4924d2a41e3cc69e1d976f13d5651ef54cef29","id:invoice.8@demo.example","id:invoice@demo.example"]}}}'),
	(16469723, 32, 1796060543741, '{"origin":"message","change":{"received":{"message":184241883,"conversation":50024155,"channel":66801371,"home":217796315,"sender":{"source":"custom","key":"pamela-isley"},"subject":"","snippet":"It came today. It is organic. You may live.","references":["ref:order-1966"]}}}'),
	(16469723, 33, 1796060543749, '{"origin":"message","change":{"received":{"message":201019099,"conversation":150687451,"channel":33246939,"home":234573531,"sender":{"source":"email","key":"oswald@iceberg.example"},"subject":"Re: Invoice 4471","snippet":"Paid this morning. Kindly call off the man on my roof.","references":["uid:8a629d02bb82b8315f430243d057ccc88cf9cc2a105636b9ecad62d900d7fe66","id:invoice.10@demo.example","id:invoice@demo.example"]}}}'),
	(16469723, 34, 1796060543753, '{"origin":"message","change":{"received":{"message":217796315,"conversation":66801371,"channel":50024155,"home":83578587,"sender":{"source":"phone","key":"+16508141940"},"subject":"","snippet":"Done here. Tell Alfred two for dinner.","references":["uid:sid:demo-11","from:+16508141940"]}}}'),
	(16469723, 35, 1796060543757, '{"origin":"message","change":{"observed":{"record":150687451,"text":{"name":"James Gordon"},"handles":[{"source":"email","key":"gordon@gcpd.example"}]}}}'),
	(16469723, 36, 1796060543757, '{"origin":"message","change":{"received":{"message":234573531,"conversation":167464667,"channel":33246939,"home":150687451,"sender":{"source":"email","key":"gordon@gcpd.example"},"subject":"The lamp on our roof","snippet":"Good evening, the lamp needs a new bulb, and our supplier says that only you make them. Could you send two? Gordon","references":["uid:b3c889a7ae2c3035eefe927a8d38e0ea408fc3e4e58eecc92465e6a66b76fe86","id:lamp.12@demo.example","id:lamp@demo.example"]}}}'),
	(16469723, 37, 1796060543761, '{"origin":"message","change":{"received":{"message":251350747,"conversation":167464667,"channel":33246939,"home":150687451,"sender":{"source":"email","key":"gordon@gcpd.example"},"subject":"Re: The lamp on our roof","snippet":"They arrived before I had sent this. I will not ask how.","references":["uid:5043ebec11cef5ee6cecb3e09d1ee14ba337346383313ac48fff727452749ebe","id:lamp.13@demo.example","id:lamp@demo.example"]}}}'),
	(16469723, 38, 1796060547525, '{"origin":"api","change":{"observed":{"record":284905179,"contact":66801371,"handles":[{"source":"email","key":"selina@gotham.org"},{"source":"email","key":"ivy@garden.example"}]}}}'),
	(16469723, 39, 1796060547525, '{"origin":"api","change":{"merged":{"kept":66801371,"joined":217796315,"because":38}}}'),
	(16469723, 40, 1796060547548, '{"origin":"api","change":{"observed":{"record":301682395,"name":{"system":"crm","id":"17"},"text":{"name":"Harvey Dent"},"handles":[{"source":"email","key":"harvey@gotham.org"},{"source":"phone","key":"+16505550177"}]}}}'),
	(16469723, 41, 1796060547762, '{"origin":"person","change":{"settings":{"teammate_set":{"teammate":33246939,"email":{"source":"email","key":"alfred@wayne.example"},"name":"Alfred","created_at":1796060547762}}}}'),
	(16469723, 42, 1796060547803, '{"origin":"person","change":{"settings":{"field_created":{"field":33246939,"target":"contact","name":"Plan","type":"string","created_at":1796060547803}}}}'),
	(16469723, 43, 1796060547844, '{"origin":"person","change":{"handle_marked":{"handle":{"source":"phone","key":"+16505550177"},"status":"shared","contacts":[301682395]}}}');
INSERT INTO kith VALUES
	(1);
INSERT INTO mailbox VALUES
	('support@wayne.example', 16469723, 33246939);
INSERT INTO message VALUES
	(16469723, 33246939, 33246939, 1796060543709, 66801371, '{"sender":{"source":"email","key":"selina@gotham.org"},"subject":"Appraisal of a ring","text":"Hello,\n\ncould one of you look at a ring for me? It was in the family, they say, and I would rather not say whose.\n\nSelina"}'),
	(16469723, 50024155, 50024155, 1796060543710, 217796315, '{"sender":{"source":"custom","key":"pamela-isley"},"subject":"","text":"Is the fertilizer in order 1966 organic? If not, please keep it."}'),
	(16469723, 66801371, 66801371, 1796060543713, 83578587, '{"sender":{"source":"phone","key":"+16508141940"},"subject":"","text":"Running late. Start without me. D."}'),
	(16469723, 83578587, 83578587, 1796060543717, 167464667, '{"sender":{"source":"email","key":"lucius@wayne.inc"},"subject":"Research budget, fourth quarter","text":"Mr Wayne''s office,\n\nplease find the numbers below. The line “miscellaneous, black” has doubled again.\n\nRegards\nLucius Fox"}'),
	(16469723, 33246939, 100355803, 1796060543721, 66801371, '{"sender":{"source":"email","key":"selina@gotham.org"},"subject":"Re: Appraisal of a ring","text":"Never mind the ring. It has been collected by its owner. Do you also do necklaces?"}'),
	(16469723, 100355803, 117133019, 1796060543725, 50024155, '{"sender":{"source":"phone","key":"+16508149999"},"subject":"","text":"Dinner is at eight. He will hear that it is at seven."}'),
	(16469723, 117133019, 133910235, 1796060543729, 201019099, '{"sender":{"source":"email","key":"who@riddle.example"},"subject":"A question","text":"What is sent once, arrives twice and is read by nobody?"}'),
	(16469723, 133910235, 150687451, 1796060543733, 268127963, '{"sender":{"source":"custom","key":"vicki-vale"},"subject":"Interview","text":"The Gazette would like ten minutes with Mr Wayne. Any day, any hour; he picks the place."}'),
	(16469723, 150687451, 167464667, 1796060543737, 234573531, '{"sender":{"source":"email","key":"oswald@iceberg.example"},"subject":"Invoice 4471","text":"Sirs,\n\nyour reminder is noted. So were the three before it. You will be paid when the ice melts.\n\nO. C."}'),
	(16469723, 50024155, 184241883, 1796060543741, 217796315, '{"sender":{"source":"custom","key":"pamela-isley"},"subject":"","text":"It came today. It is organic. You may live."}'),
	(16469723, 150687451, 201019099, 1796060543749, 234573531, '{"sender":{"source":"email","key":"oswald@iceberg.example"},"subject":"Re: Invoice 4471","text":"Paid this morning. Kindly call off the man on my roof."}'),
	(16469723, 66801371, 217796315, 1796060543753, 83578587, '{"sender":{"source":"phone","key":"+16508141940"},"subject":"","text":"Done here. Tell Alfred two for dinner."}'),
	(16469723, 167464667, 234573531, 1796060543757, 150687451, '{"sender":{"source":"email","key":"gordon@gcpd.example"},"subject":"The lamp on our roof","text":"Good evening,\n\nthe lamp needs a new bulb, and our supplier says that only you make them. Could you send two?\n\nGordon"}'),
	(16469723, 167464667, 251350747, 1796060543761, 150687451, '{"sender":{"source":"email","key":"gordon@gcpd.example"},"subject":"Re: The lamp on our roof","text":"They arrived before I had sent this. I will not ask how."}');
INSERT INTO message_reference VALUES
	(16469723, 33246939, 'id:budget.3@demo.example', 83578587, 83578587),
	(16469723, 33246939, 'id:budget@demo.example', 83578587, 83578587),
	(16469723, 33246939, 'id:invoice.10@demo.example', 150687451, 201019099),
	(16469723, 33246939, 'id:invoice.8@demo.example', 150687451, 167464667),
	(16469723, 33246939, 'id:invoice@demo.example', 150687451, 201019099),
	(16469723, 33246939, 'id:lamp.12@demo.example', 167464667, 234573531),
	(16469723, 33246939, 'id:lamp.13@demo.example', 167464667, 251350747),
	(16469723, 33246939, 'id:lamp@demo.example', 167464667, 251350747),
	(16469723, 33246939, 'id:riddle.6@demo.example', 117133019, 133910235),
	(16469723, 33246939, 'id:riddle@demo.example', 117133019, 133910235),
	(16469723, 33246939, 'id:ring.0@demo.example', 33246939, 33246939),
	(16469723, 33246939, 'id:ring.4@demo.example', 33246939, 100355803),
	(16469723, 33246939, 'id:ring@demo.example', 33246939, 100355803),
	(16469723, 33246939, 'uid:0415b6411fed705f8508866a6e4924d2a41e3cc69e1d976f13d5651ef54cef29', 150687451, 167464667),
	(16469723, 33246939, 'uid:230a35c2e8104993df7930bfdcb32a93671486316af1dd2f1430f7a0616ee3e8', 33246939, 33246939),
	(16469723, 33246939, 'uid:2a28c30b544f8cc5b4347b2ccb984de405d90f1220e8bd269a9ca4e19f89179b', 117133019, 133910235),
	(16469723, 33246939, 'uid:5043ebec11cef5ee6cecb3e09d1ee14ba337346383313ac48fff727452749ebe', 167464667, 251350747),
	(16469723, 33246939, 'uid:8a629d02bb82b8315f430243d057ccc88cf9cc2a105636b9ecad62d900d7fe66', 150687451, 201019099),
	(16469723, 33246939, 'uid:b3c889a7ae2c3035eefe927a8d38e0ea408fc3e4e58eecc92465e6a66b76fe86', 167464667, 234573531),
	(16469723, 33246939, 'uid:b9f2dfd92c429150c2da262d18b4446af86cedeef193c8313beca57454ec519d', 33246939, 100355803),
	(16469723, 33246939, 'uid:fe106552b68754f073a61036001abb291e9f692a914d9ca8bd35affa24f26926', 83578587, 83578587),
	(16469723, 50024155, 'from:+16508141940', 66801371, 217796315),
	(16469723, 50024155, 'from:+16508149999', 100355803, 117133019),
	(16469723, 50024155, 'uid:sid:demo-11', 66801371, 217796315),
	(16469723, 50024155, 'uid:sid:demo-2', 66801371, 66801371),
	(16469723, 50024155, 'uid:sid:demo-5', 100355803, 117133019),
	(16469723, 66801371, 'ref:interview', 133910235, 150687451),
	(16469723, 66801371, 'ref:order-1966', 50024155, 184241883);
INSERT INTO reader VALUES
	(3199600, 'search', 0),
	(3199600, 'duplicates', 0),
	(16469723, 'search', 0),
	(16469723, 'duplicates', 0);
INSERT INTO record VALUES
	(16469723, 33246939, 33246939, 1, 1796060543593, NULL, '{"first":1,"created_at":1796060543593,"text":{"name":{"seq":1,"value":"Bruce Wayne"},"description":{"seq":1,"value":"CEO / Wayne.inc"}},"handles":[{"seq":1,"handle":{"source":"email","key":"bruce@wayne.inc"}},{"seq":1,"handle":{"source":"email","key":"batman@gotham.org"}},{"seq":1,"handle":{"source":"twitter","key":"batman","text":"@Batman"}},{"seq":1,"handle":{"source":"phone","key":"+123456789"}}],"links":[{"seq":1,"value":"https://wayne.inc"}]}'),
	(16469723, 50024155, 50024155, 2, 1796060543596, NULL, '{"first":2,"created_at":1796060543596,"text":{"name":{"seq":2,"value":"Alfred Pennyworth"},"description":{"seq":2,"value":"Butler, knows everybody"}},"handles":[{"seq":2,"handle":{"source":"email","key":"alfred@wayne.inc"}},{"seq":2,"handle":{"source":"phone","key":"+16508149999"}}]}'),
	(16469723, 66801371, 66801371, 39, 1796060547525, NULL, '{"first":3,"created_at":1796060543609,"others":[217796315,284905179],"text":{"name":{"seq":3,"value":"Selina Kyle"},"description":{"seq":3,"value":"Jewel expert · VIP"}},"message_name":{"seq":17,"value":"Selina Kyle"},"handles":[{"seq":3,"handle":{"source":"email","key":"selina@gotham.org"}},{"seq":3,"handle":{"source":"twitter","key":"catwoman","text":"@catwoman"}}],"common":[{"source":"email","key":"selina@gotham.org"}]}'),
	(16469723, 83578587, 83578587, 7, 1796060543625, NULL, '{"first":4,"created_at":1796060543610,"others":[100355803,117133019],"text":{"name":{"seq":4,"value":"Dick Grayson"},"description":{"seq":4,"value":"Blüdhaven office"}},"handles":[{"seq":4,"handle":{"source":"email","key":"dick@wayne.inc"}},{"seq":4,"handle":{"source":"phone","key":"+16508141940"}}],"common":[{"source":"email","key":"dick@wayne.inc"}]}'),
	(16469723, 100355803, 83578587, 5, 1796060543617, NULL, '{"first":5,"created_at":1796060543617,"text":{"name":{"seq":5,"value":"Nightwing"}},"handles":[{"seq":5,"handle":{"source":"email","key":"nightwing@bludhaven.example"}},{"seq":5,"handle":{"source":"twitter","key":"nightwing","text":"@nightwing"}}],"common":[{"source":"twitter","key":"nightwing"}],"links":[{"seq":5,"value":"https://shop.example/customers/38"}]}'),
	(16469723, 117133019, 83578587, 6, 1796060543625, NULL, '{"first":6,"created_at":1796060543625,"text":{"name":{"seq":6,"value":"Dick Grayson"}},"handles":[{"seq":6,"handle":{"source":"email","key":"dick@wayne.inc"}},{"seq":6,"handle":{"source":"twitter","key":"nightwing"}}],"common":[{"source":"email","key":"dick@wayne.inc"},{"source":"twitter","key":"nightwing"}]}'),
	(16469723, 133910235, 133910235, 8, 1796060543626, NULL, '{"first":8,"created_at":1796060543626,"text":{"name":{"seq":8,"value":"Barbara Gordon"},"description":{"seq":8,"value":"Librarian"}},"handles":[{"seq":8,"handle":{"source":"email","key":"barbara@library.example"}},{"seq":8,"handle":{"source":"phone","key":"+16508141961"}}],"links":[{"seq":8,"value":"https://crm.example/people/61"}]}'),
	(16469723, 150687451, 150687451, 35, 1796060543757, NULL, '{"first":9,"created_at":1796060543633,"text":{"name":{"seq":9,"value":"James Gordon"},"description":{"seq":9,"value":"Commissioner, Gotham City Police"}},"message_name":{"seq":35,"value":"James Gordon"},"handles":[{"seq":9,"handle":{"source":"email","key":"gordon@gcpd.example"}},{"seq":9,"handle":{"source":"phone","key":"+16508140911;ext=1"}}]}'),
	(16469723, 167464667, 167464667, 22, 1796060543717, NULL, '{"first":10,"created_at":1796060543647,"text":{"name":{"seq":10,"value":"Lucius Fox"},"description":{"seq":10,"value":"Head of research"}},"message_name":{"seq":22,"value":"Lucius Fox"},"handles":[{"seq":10,"handle":{"source":"email","key":"lucius@wayne.inc"}},{"seq":10,"handle":{"source":"phone","key":"+442079460958"}}],"links":[{"seq":10,"value":"https://crm.example/people/72"}]}'),
	(16469723, 184241883, 184241883, 11, 1796060543661, NULL, '{"first":11,"created_at":1796060543661,"text":{"name":{"seq":11,"value":"Harvey Dent"},"description":{"seq":11,"value":"District attorney; write on even days"}},"handles":[{"seq":11,"handle":{"source":"email","key":"harvey@city.example"}},{"seq":11,"handle":{"source":"email","key":"two@face.example"}}]}'),
	(16469723, 201019099, 201019099, 26, 1796060543729, NULL, '{"first":12,"created_at":1796060543669,"text":{"name":{"seq":12,"value":"Edward Nygma"},"description":{"seq":12,"value":"Asks more than he buys"}},"message_name":{"seq":26,"value":"Edward Nygma"},"handles":[{"seq":12,"handle":{"source":"email","key":"who@riddle.example"}},{"seq":12,"handle":{"source":"twitter","key":"riddler","text":"https://twitter.com/riddler"}}]}'),
	(16469723, 217796315, 66801371, 19, 1796060543710, NULL, '{"first":13,"created_at":1796060543677,"text":{"name":{"seq":13,"value":"Pamela Isley"},"description":{"seq":13,"value":"Botanical garden, wholesale"}},"message_name":{"seq":19,"value":"Pamela Isley"},"handles":[{"seq":13,"handle":{"source":"email","key":"ivy@garden.example"}},{"seq":13,"handle":{"source":"phone","key":"+16508141966"}},{"seq":13,"handle":{"source":"custom","key":"pamela-isley"}}],"common":[{"source":"email","key":"ivy@garden.example"}]}'),
	(16469723, 234573531, 234573531, 30, 1796060543737, NULL, '{"first":14,"created_at":1796060543689,"text":{"name":{"seq":14,"value":"Oswald Cobblepot"},"description":{"seq":14,"value":"Iceberg Lounge, pays late"}},"message_name":{"seq":30,"value":"Oswald Cobblepot"},"handles":[{"seq":14,"handle":{"source":"email","key":"oswald@iceberg.example"}},{"seq":14,"handle":{"source":"phone","key":"+18003569377"}}],"links":[{"seq":14,"value":"https://iceberg.example"}]}'),
	(16469723, 251350747, 251350747, 15, 1796060543694, NULL, '{"first":15,"created_at":1796060543694,"text":{"name":{"seq":15,"value":"Fox, L."},"description":{"seq":15,"value":"Met at the trade fair"}},"handles":[{"seq":15,"handle":{"source":"email","key":"lucius@wayne.example"}}]}'),
	(16469723, 268127963, 268127963, 28, 1796060543733, NULL, '{"first":16,"created_at":1796060543701,"text":{"name":{"seq":16,"value":"Vicki Vale"},"description":{"seq":16,"value":"Press"}},"message_name":{"seq":28,"value":"Vicki Vale"},"handles":[{"seq":16,"handle":{"source":"email","key":"vicki@gazette.example"}},{"seq":16,"handle":{"source":"twitter","key":"vickivale","text":"@vickivale"}},{"seq":16,"handle":{"source":"custom","key":"vicki-vale"}}],"links":[{"seq":16,"value":"https://gazette.example/vale"}]}'),
	(16469723, 284905179, 66801371, 38, 1796060547525, NULL, '{"first":38,"created_at":1796060547525,"handles":[{"seq":38,"handle":{"source":"email","key":"selina@gotham.org"}},{"seq":38,"handle":{"source":"email","key":"ivy@garden.example"}}],"common":[{"source":"email","key":"ivy@garden.example"},{"source":"email","key":"selina@gotham.org"}]}'),
	(16469723, 301682395, 301682395, 40, 1796060547548, NULL, '{"first":40,"created_at":1796060547548,"name":{"system":"crm","id":"17"},"text":{"name":{"seq":40,"value":"Harvey Dent"}},"handles":[{"seq":40,"handle":{"source":"email","key":"harvey@gotham.org"}},{"seq":40,"handle":{"source":"phone","key":"+16505550177"}}],"common":[{"source":"phone","key":"+16505550177"}]}');
INSERT INTO record_name VALUES
	(16469723, 'crm', '17', 301682395);
INSERT INTO reporter VALUES
	(16469723, 'email', 'dick@wayne.inc', 117133019),
	(16469723, 'email', 'ivy@garden.example', 284905179),
	(16469723, 'email', 'selina@gotham.org', 284905179),
	(16469723, 'twitter', 'nightwing', 117133019);
INSERT INTO settings VALUES
	(16469723, '{"lists":[],"lists_made":0,"fields":[{"field":33246939,"target":"contact","name":"Plan","type":"string","created_at":1796060547803}],"fields_made":1,"teammates":[{"teammate":33246939,"email":{"source":"email","key":"alfred@wayne.example"},"name":"Alfred","created_at":1796060547762}],"accounts_made":0}');
INSERT INTO teammate_secret VALUES
	(16469723, 33246939, '\x52f6342ca93cc3516547e0a9c20104cbf2b96affd70dfbef852a7a71ab829a61');
INSERT INTO token VALUES
	(16469723, '\xebcade8f4ab7a0afbe25667d9c8f44c6afdf6cb1330fe51e1f564c1ea4ba8e69', 'crm', 'contacts:read contacts:write contacts:delete conversations:read messages:read messages:write channels:read channels:write inboxes:read accounts:read accounts:write accounts:delete custom_fields:read teammates:read teams:read', 1796060547732);
ALTER TABLE ONLY account_alias
    ADD CONSTRAINT account_alias_pkey PRIMARY KEY (company, name, value);
ALTER TABLE ONLY account
    ADD CONSTRAINT account_pkey PRIMARY KEY (company, account);
ALTER TABLE ONLY attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (company, attachment);
ALTER TABLE ONLY channel
    ADD CONSTRAINT channel_company_type_address_key UNIQUE (company, type, address);
ALTER TABLE ONLY channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (company, channel);
ALTER TABLE ONLY company
    ADD CONSTRAINT company_name_key UNIQUE (name);
ALTER TABLE ONLY company
    ADD CONSTRAINT company_pkey PRIMARY KEY (company);
ALTER TABLE ONLY conversation
    ADD CONSTRAINT conversation_pkey PRIMARY KEY (company, conversation);
ALTER TABLE ONLY duplicate_key
    ADD CONSTRAINT duplicate_key_pkey PRIMARY KEY (company, key, contact);
ALTER TABLE ONLY duplicate_pair
    ADD CONSTRAINT duplicate_pair_pkey PRIMARY KEY (company, younger, older, key);
ALTER TABLE ONLY ends
    ADD CONSTRAINT ends_pkey PRIMARY KEY (company);
ALTER TABLE ONLY fingerprint
    ADD CONSTRAINT fingerprint_pkey PRIMARY KEY (company, contact);
ALTER TABLE ONLY handle
    ADD CONSTRAINT handle_pkey PRIMARY KEY (company, key, source);
ALTER TABLE ONLY history
    ADD CONSTRAINT history_pkey PRIMARY KEY (company, record, seq);
ALTER TABLE ONLY journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (company, seq);
ALTER TABLE ONLY kith
    ADD CONSTRAINT kith_pkey PRIMARY KEY (version);
ALTER TABLE ONLY mailbox
    ADD CONSTRAINT mailbox_pkey PRIMARY KEY (address);
ALTER TABLE ONLY membership
    ADD CONSTRAINT membership_pkey PRIMARY KEY (company, kind, "group", record);
ALTER TABLE ONLY message
    ADD CONSTRAINT message_pkey PRIMARY KEY (company, conversation, message);
ALTER TABLE ONLY message_reference
    ADD CONSTRAINT message_reference_pkey PRIMARY KEY (company, channel, reference);
ALTER TABLE ONLY note
    ADD CONSTRAINT note_pkey PRIMARY KEY (company, record, seq);
ALTER TABLE ONLY picture
    ADD CONSTRAINT picture_pkey PRIMARY KEY (company, seq);
ALTER TABLE ONLY reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (company, reader);
ALTER TABLE ONLY record_name
    ADD CONSTRAINT record_name_pkey PRIMARY KEY (company, system, id);
ALTER TABLE ONLY record
    ADD CONSTRAINT record_pkey PRIMARY KEY (company, record);
ALTER TABLE ONLY reporter
    ADD CONSTRAINT reporter_pkey PRIMARY KEY (company, key, source, record);
ALTER TABLE ONLY search
    ADD CONSTRAINT search_pkey PRIMARY KEY (company, contact);
ALTER TABLE ONLY search_span
    ADD CONSTRAINT search_span_pkey PRIMARY KEY (company, span);
ALTER TABLE ONLY session
    ADD CONSTRAINT session_pkey PRIMARY KEY (company, token);
ALTER TABLE ONLY settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (company);
ALTER TABLE ONLY teammate_secret
    ADD CONSTRAINT teammate_secret_pkey PRIMARY KEY (company, teammate);
ALTER TABLE ONLY token
    ADD CONSTRAINT token_pkey PRIMARY KEY (company, hash);
CREATE INDEX account_alias_account ON account_alias USING btree (company, account);
CREATE INDEX account_changed ON account USING btree (company, changed);
CREATE INDEX conversation_changed ON conversation USING btree (company, changed);
CREATE INDEX conversation_home ON conversation USING btree (company, home, changed);
CREATE INDEX handle_status ON handle USING btree (company, status, source, key) WHERE (status > 0);
CREATE UNIQUE INDEX message_id ON message USING btree (company, message);
CREATE INDEX record_changed ON record USING btree (company, changed, record) WHERE (contact = record);
CREATE INDEX record_changed_at ON record USING btree (company, changed_at, record) WHERE (contact = record);
CREATE INDEX record_owner ON record USING btree (company, owner, record) WHERE (owner IS NOT NULL);
CREATE INDEX search_changed ON search USING btree (company, span, changed, contact);
CREATE INDEX search_tokens ON search USING gin (tokens);
