typedef unsigned long size_t;
enum color { red, green = 7 };
struct node { struct node *next; int bits : 3; enum color color; };
static int sum(const int *p, size_t n) {
  int s = 0;
  for (size_t i = 0; i < n; i++) s += p[i];
  return s;
}
int total(struct node *list, const int *p) {
  if (!list) return 0;
  return sum(p, 4) + list->color;
}
