// Package boskos turns quotas into the configuration of Boskos, which hands
// out leases.
//
// A lease type with named slices becomes static resources, one a lease:
// SLICE--TYPE-N, numbered from 0 with as many digits as the largest needs, or
// just SLICE where the slice has one lease. A job learns its cloud region from
// the part before "--". A type with the slice "default" alone becomes dynamic
// resources, which Boskos names and makes as needed.
//
// The package never looks at what is leased now.
package boskos
