/** gRPC-Web, binary and as text, and JSON within the frames of gRPC. */
@NullMarked
package io.fairlead.gateway.internal.grpcweb;

import org.jspecify.annotations.NullMarked;
