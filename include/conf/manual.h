/* The reference of options and statements, as Markdown. */
#ifndef MYNAH_CONF_MANUAL_H
#define MYNAH_CONF_MANUAL_H

#include <stdio.h>

void manual_print(FILE *);

#endif
