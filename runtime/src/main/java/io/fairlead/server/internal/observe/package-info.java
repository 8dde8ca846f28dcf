/**
 * What the observers of a server hear: the record of each call, and those who get its outcome.
 *
 * <p>grpc-java makes a record before anything else of a call, as a stream tracer. The layers add
 * what they decide, and the end of the stream makes the outcome. A server without observers has
 * none of this.
 */
@NullMarked
package io.fairlead.server.internal.observe;

import org.jspecify.annotations.NullMarked;
