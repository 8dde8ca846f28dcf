/** A small HTTP server for operators, and the handlers that it serves. */
@NullMarked
package io.fairlead.management;

import org.jspecify.annotations.NullMarked;
