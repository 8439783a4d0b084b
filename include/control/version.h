/*
 * What tools are told they talk to.  Exporters, looking glasses and config generators
 * read the version out of the greeting and of `show status`, and take digits and dots
 * only; the version says which text dialect is spoken.  mynah's own version is in `show
 * version` and in JSON.
 */
#ifndef MYNAH_CONTROL_VERSION_H
#define MYNAH_CONTROL_VERSION_H

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif
#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.1.0"
#endif

#define CONTROL_VERSION_2 "2.0.12"
#define CONTROL_VERSION_1 "1.6.8"

#endif
