/** Fairlead, grpc-java and a bare Netty responder, over the same grpc-java and Netty. */
@NullMarked
package io.fairlead.bench.grpc;

import org.jspecify.annotations.NullMarked;
