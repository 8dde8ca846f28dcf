/** The protocol of Connect, for unary calls by POST and GET, and for streams. */
@NullMarked
package io.fairlead.gateway.internal.connect;

import org.jspecify.annotations.NullMarked;
