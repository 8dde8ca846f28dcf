/** The edge of HTTP/2: a client of ours and servers that misbehave, h2spec and a server of ours. */
@NullMarked
package io.fairlead.interop.http2;

import org.jspecify.annotations.NullMarked;
