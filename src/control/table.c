/*
 * The command table as the client needs it: without handlers.
 */
#include "control/command.h"
#include "control/commands.h"

#define ROW(words, args, help, changes, handler) { words, args, help, changes },

static const struct command commands[] = { COMMANDS(ROW) };

const struct command *
command_table(unsigned *n)
{
	*n = sizeof(commands) / sizeof(*commands);
	return commands;
}
