/** The bench's service on the stubs of protoc-gen-grpc-java, for all variants that serve them. */
@NullMarked
package io.fairlead.bench.stock;

import org.jspecify.annotations.NullMarked;
