/*
 * Prints what can change in a configuration and what it asks for, a line for each row of the
 * option table: key, words, class, effect; with tabs between.
 */
#include <stdio.h>

#include "conf/model.h"

static void
row(const char *where, const char *field, const char *words, unsigned change, bool done)
{
	char class[CHANGE_TEXT_MAX];

	printf("%s.%s\t%s\t%s\t%s\n", where, field, words, change_format(change, class),
	    done ? "yes" : "no");
}

#define DONE	 true
#define NOEFFECT false
#define PRINT_PROTO(field, type, dflt, lo, hi, class, words, effect)                     \
	row("proto", #field, words, class, effect);
#define PRINT_BFD(field, type, dflt, lo, hi, class, words, effect)                       \
	row("bfd", #field, words, class, effect);
#define PRINT_BGP(field, type, dflt, lo, hi, class, words, effect)                       \
	row("bgp", #field, words, class, effect);
#define PRINT_CHANNEL(field, type, dflt, lo, hi, class, words, effect)                   \
	row("channel", #field, words, class, effect);
#define PRINT_OTHER(name, class, words, where) row(where, words, words, class, true);

int
main(void)
{
	PROTO_OPTIONS(PRINT_PROTO)
	BGP_OPTIONS(PRINT_BGP)
	BFD_OPTIONS(PRINT_BFD)
	CHANNEL_OPTIONS(PRINT_CHANNEL)
	OTHER_CHANGES(PRINT_OTHER)
	return 0;
}
