int chosen(void);
int (*const from_other_file)(void) = chosen;
int call_from_other_file(void) { return chosen() + 10; }
