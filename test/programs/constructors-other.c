void note_constructor(const char *what);
int from_other_file = 1;
__attribute__((constructor(103))) static void third(void) {
  from_other_file = 7;
  note_constructor("constructor 103 of the other file");
}
