//! The table of `layer_engine`.
//!
//! One line is one field: Rust name, name, bits, access, value after reset, meaning, and the named
//! values of a choice. Everything else about the map is derived from these lines.

use super::table::register_map;
use super::{ADDRESS_WIDTH, Access, FieldSpec, ID_VALUE, MAP_VERSION, RegisterMap, RegisterSpec};

register_map! {
    // ---- what the engine is ----------------------------------------------------------------------

    0x00 Id "id" "Tells this engine from anything else on the bus." {
        Id "id" [31:0] Constant ID_VALUE "The letters `SPKW`, most significant byte first.";
    }
    0x04 LanesSlots "lanes_slots" "Rows and columns of the array." {
        Lanes "lanes" [15:0]  Parameter 0 "Rows of weights that the array covers at once.";
        Slots "slots" [31:16] Parameter 0 "Columns of weights that the array covers at once.";
    }
    0x08 Shape "shape" "Form of the beats and of the weight memory." {
        Planes     "planes"      [7:0]   Parameter 0 "Planes of a train in one input beat.";
        Neurons    "neurons"     [19:8]  Parameter 0 "Results in one output beat.";
        ValueBytes "value_bytes" [23:20] Parameter 0 "Bytes of one result in an output beat.";
        Radix      "radix"       [24:24] Parameter 0 "How the planes of a train add up."
            { 0 = "unary", 1 = "bitwise" };
        Packing    "packing"     [25:25] Parameter 0 "Code of the trits in the weight memory."
            { 0 = "two_bit", 1 = "base3" };
        Form       "form"        [27:26] Parameter 0 "How the matrix became hardware."
            { 0 = "dense", 1 = "event", 2 = "baked" };
        MapVersion "map_version" [31:28] Constant MAP_VERSION "Version of this register map.";
    }
    0x0C Widths "widths" "Bits of the values inside, two's complement." {
        AccWidth       "acc_width"       [7:0]   Parameter 0 "Bits of an accumulated current.";
        MembraneWidth  "membrane_width"  [15:8]  Parameter 0 "Bits of a membrane.";
        SpikeWidth     "spike_width"     [23:16] Parameter 0 "Bits of a spike.";
        ThresholdWidth "threshold_width" [31:24] Parameter 0
            "Bits of a stored threshold, unsigned; 0 where the rule fixes a power of two.";
    }
    0x10 RowsMax "rows_max" "Size of the membrane memory." {
        RowsMax "rows_max" [16:0] Parameter 0 "Rows that a layer may have.";
    }
    0x14 WeightDepth "weight_depth" "Size of the weight memory." {
        WeightDepth "weight_depth" [16:0] Parameter 0 "Words, each of lanes x slots trits.";
    }
    0x18 SpikeDepth "spike_depth" "Size of the spike buffer." {
        SpikeDepth "spike_depth" [16:0] Parameter 0 "Beats that a frame of spikes may have.";
    }
    0x1C Rule "rule" "The neuron rule that was built in." {
        LeakKind          "leak_kind"          [1:0]   Parameter 0 "What remains of the membrane."
            { 0 = "none", 1 = "shift", 2 = "decay" };
        LeakShift         "leak_shift"         [7:2]   Parameter 0 "Exponent k of the leak 2^-k.";
        Quantise          "quantise"           [8:8]   Parameter 0
            "How membrane / threshold is rounded." { 0 = "floor", 1 = "nearest_even" };
        RangeKind         "range_kind"         [10:9]  Parameter 0 "Which spikes exist."
            { 0 = "unsigned", 1 = "signed", 2 = "unbounded" };
        RangeBits         "range_bits"         [16:11] Parameter 0
            "Bits b of the largest spike 2^b - 1; 0 for unbounded.";
        ResetKind         "reset_kind"         [18:17] Parameter 0
            "What a spike takes from the membrane." { 0 = "soft", 1 = "hard", 2 = "spikelm_code" };
        State             "state"              [19:19] Parameter 0 "When membranes are cleared."
            { 0 = "per_step", 1 = "per_token" };
        ThresholdKind     "threshold_kind"     [20:20] Parameter 0 "Where thresholds come from."
            { 0 = "power_of_two", 1 = "per_channel" };
        ThresholdExponent "threshold_exponent" [26:21] Parameter 0
            "Exponent of a power-of-two threshold; 0 for per-channel thresholds.";
        LastStep          "last_step"          [27:27] Parameter 0
            "What the last step of a token emits." { 0 = "same", 1 = "remainder" };
    }

    // ---- running it ------------------------------------------------------------------------------

    0x20 Control "control" "Starts, stops and clears the engine." {
        Run   "run"   [0:0] ReadWrite 0
            "While 1, vectors are accepted; a vector that has begun is finished all the same.";
        Clear "clear" [1:1] Pulse     0
            "Writing 1 zeroes counters, errors, step count and membranes; only while not busy.";
    }
    0x24 Status "status" "What the engine is doing and what went wrong; errors last until `clear`." {
        Busy      "busy"      [0:0] ReadOnly 0 "A vector is inside, or clearing is under way.";
        BadCode   "bad_code"  [1:1] ReadOnly 0 "A weight word held a code that is no trit.";
        BadFrame  "bad_frame" [2:2] ReadOnly 0
            "A frame was no whole number of passes, or longer than spike_depth.";
        BadShape  "bad_shape" [3:3] ReadOnly 0
            "A vector came while rows, column_tiles or steps were 0 or beyond the engine.";
        Saturated "saturated" [4:4] ReadOnly 0 "A membrane reached the limit of its width.";
    }
    0x28 Rows "rows" "Rows of the layer; change it only while the engine is idle." {
        Rows "rows" [16:0] ReadWrite 0 "Rows, 1 to rows_max.";
    }
    0x2C ColumnTiles "column_tiles" "Columns of the layer; change it only while the engine is idle." {
        ColumnTiles "column_tiles" [16:0] ReadWrite 0 "Columns in tiles: ceil(columns / slots).";
    }
    0x30 Steps "steps" "Steps of a token; change it only while the engine is idle." {
        Steps "steps" [15:0] ReadWrite 1 "Vectors that make one token.";
    }
    0x34 OutputMode "output_mode" "What leaves the engine; change it only while the engine is idle." {
        OutputMode "output_mode" [0:0] ReadWrite 0 "The results that are sent."
            { 0 = "currents", 1 = "spikes" };
    }

    // ---- loading it ------------------------------------------------------------------------------

    0x40 WeightAddress "weight_address" "Where the next weight_data goes." {
        WeightBank "bank" [15:0]  ReadWrite 0 "32-bit part of the word, 0 first.";
        WeightWord "word" [31:16] ReadWrite 0 "Word: row_tile x column_tiles + column_tile.";
    }
    0x44 WeightData "weight_data" "Stores packed weights; moves weight_address on, bank first." {
        WeightData "weight_data" [31:0] WriteOnly 0 "32 bits of a packed weight word.";
    }
    0x48 ThresholdAddress "threshold_address" "Where the next threshold_data goes." {
        ThresholdPlace "place" [15:0]  ReadWrite 0 "Place of the row in its group of neurons.";
        ThresholdGroup "group" [31:16] ReadWrite 0 "Group: row / neurons.";
    }
    0x4C ThresholdData "threshold_data" "Stores a threshold; moves threshold_address on, place first." {
        ThresholdData "threshold_data" [31:0] WriteOnly 0
            "Threshold of the row, positive, in the unit of the currents.";
    }

    // ---- watching it: counters that stay at 2^32 - 1 -----------------------------------------------

    0x60 Cycles "cycles" "Time under way." {
        Cycles "cycles" [31:0] ReadOnly 0 "Cycles while run is 1 or the engine is busy.";
    }
    0x64 ArrayCycles "array_cycles" "Useful time." {
        ArrayCycles "array_cycles" [31:0] ReadOnly 0 "Cycles in which the array took an entry.";
    }
    0x68 StallCycles "stall_cycles" "Time lost to the reader of the results." {
        StallCycles "stall_cycles" [31:0] ReadOnly 0
            "Cycles in which the array waited for results to leave.";
    }
    0x6C Vectors "vectors" "Work done." {
        Vectors "vectors" [31:0] ReadOnly 0 "Vectors whose last result has left.";
    }
    0x70 Results "results" "Traffic of the output stream." {
        Results "results" [31:0] ReadOnly 0 "Output beats that have left.";
    }
    0x74 Saturations "saturations" "How often membranes saturated." {
        Saturations "saturations" [31:0] ReadOnly 0
            "Groups of neurons (one output beat each) in which a membrane saturated.";
    }
}
