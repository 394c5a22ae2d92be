_Thread_local int elsewhere = 21;
int *address_elsewhere(void) { return &elsewhere; }
