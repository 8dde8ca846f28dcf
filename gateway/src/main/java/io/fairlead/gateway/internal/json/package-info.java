/**
 * JSON to protobuf's wire form and back, by the tables of a contract. There are no message objects
 * in between.
 */
@NullMarked
package io.fairlead.gateway.internal.json;

import org.jspecify.annotations.NullMarked;
