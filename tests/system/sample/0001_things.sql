CREATE TABLE cowork.thing (a int, "b \ ""?"" c" text DEFAULT 'é	tab');
