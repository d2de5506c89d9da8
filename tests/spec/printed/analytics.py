from typing import Any, Dict, List

class InteractionAnalytics:
    """Track and analyze human interaction patterns."""
    
    def __init__(self, storage_service):
        self.storage_service = storage_service
    
    def track_interaction_metrics(self) -> Dict[str, Any]:
        """Collect interaction metrics for analysis."""
        # Get all interactions from last 30 days
        interactions = self.get_recent_interactions(days=30)
        
        metrics = {
            "total_interactions": len(interactions),
            "by_type": self.count_by_type(interactions),
            "avg_response_time": self.calculate_avg_response_time(interactions),
            "timeout_rate": self.calculate_timeout_rate(interactions),
            "approval_rate": self.calculate_approval_rate(interactions)
        }
        
        return metrics
    
    def identify_bottlenecks(self) -> List[Dict[str, Any]]:
        """Identify interaction bottlenecks and patterns."""
        interactions = self.get_recent_interactions(days=7)
        
        bottlenecks = []
        
        # Find nodes with many interactions
        node_counts = {}
        for interaction in interactions:
            node = interaction["node_name"]
            node_counts[node] = node_counts.get(node, 0) + 1
        
        # Identify high-interaction nodes
        for node, count in node_counts.items():
            if count > 10:  # Threshold for bottleneck
                bottlenecks.append({
                    "node": node,
                    "interaction_count": count,
                    "type": "high_interaction_volume"
                })
        
        return bottlenecks
