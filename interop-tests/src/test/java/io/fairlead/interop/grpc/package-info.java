/** gRPC's own interop cases, in both directions. */
@NullMarked
package io.fairlead.interop.grpc;

import org.jspecify.annotations.NullMarked;
