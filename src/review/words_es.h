/* Spanish by English, in the order of strcmp(3): see words.c. */
{"Queue", "Cola"},
