/*
 * Change classes as words; alone in its file for those who print plans without making
 * them.
 */
#include <stdio.h>

#include "conf/model.h"

const char *
change_format(unsigned change, char buf[CHANGE_TEXT_MAX])
{
	static const char *const words[] = { "live", "re-decide", "re-export",
		"re-import", "next session", "restart", "move" };
	size_t len = 0;

	buf[0] = 0;
	for (unsigned i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (change & 1u << i)
			len += (size_t)snprintf(buf + len, CHANGE_TEXT_MAX - len, "%s%s",
			    len ? ", " : "", words[i]);
	return buf;
}
