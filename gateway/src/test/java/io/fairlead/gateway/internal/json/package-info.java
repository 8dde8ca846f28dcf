/** Tests of JSON, against protobuf's own reader and writer. */
@NullMarked
package io.fairlead.gateway.internal.json;

import org.jspecify.annotations.NullMarked;
