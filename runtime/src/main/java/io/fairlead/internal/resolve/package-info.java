/** Name resolution: from a target or a registry to addresses for grpc-java. */
@NullMarked
package io.fairlead.internal.resolve;

import org.jspecify.annotations.NullMarked;
