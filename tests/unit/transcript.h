/*
 * Transcripts of control sessions, as files: `>>> command`, then the reply as it stands
 * on the socket.
 */
#ifndef MYNAH_TESTS_UNIT_TRANSCRIPT_H
#define MYNAH_TESTS_UNIT_TRANSCRIPT_H

#include "control/command.h"

/* All that waits for the client, taken from the session; in a buffer of this module. */
char *session_read(struct control *);
/* One command and its reply. */
char *session_ask(struct control *, const char *command);

/* Plays tests/unit/control/NAME against a new session; a difference fails the test.  With
 * CONTROL_RECORD set in the environment the file is written anew instead. */
void transcript_play(const char *name, enum dialect);

#endif
