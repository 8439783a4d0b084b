/*
 * Abbreviated commands: each word may be cut to what tells it from the others.
 */
#ifndef MYNAH_CLIENT_EXPAND_H
#define MYNAH_CLIENT_EXPAND_H

#include <stddef.h>

enum expansion { EXPAND_OK, EXPAND_AMBIGUOUS, EXPAND_UNKNOWN };

/* "sh pro x" -> "show protocols x".  Arguments stay as they are.  AMBIGUOUS: `out` holds
 * the words that could be told, and *rest the one that could not. */
enum expansion command_expand(
    const char *line, char *out, size_t size, const char **rest);

/* Calls fn for each command that the words could become, in the order of the table: ""
 * for all top-level ones, "show " for what follows `show`. */
void command_list(const char *prefix,
    void (*fn)(void *ctx, const char *use, const char *help), void *ctx);

/* The longest text that all commands which fit go on with: "show pro" -> "tocols ". */
void command_complete(const char *prefix, char *out, size_t size);

#endif
