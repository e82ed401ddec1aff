-- The first statement goes well, the second does not: neither may stay. Café.
INSERT INTO cowork.thing (a) VALUES (1);
INSERT INTO cowork.thing (nowhere) VALUES (2);
